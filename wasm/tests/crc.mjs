/** The checksum of a frame: ISO-HDLC. */
export function crc32(bytes) {
  let sum = 0xffff_ffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? sum >>> 1 ^ 0xedb8_8320 : sum >>> 1;
  }
  return ~sum >>> 0;
}
