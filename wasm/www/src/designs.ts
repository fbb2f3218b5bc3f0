// Designs to start from.

const BASIC = `create-vpc vpc-1 vtb-1 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-vswitch vsw-2 vpc-1 10.0.1.0/24
create-vswitch vsw-3 vpc-1 10.0.2.0/24
create-route-table vtb-2 vpc-1
associate-route-table vtb-2 vsw-3
create-instance i-1 vsw-1 10.0.0.10
create-instance i-2 vsw-1 10.0.0.11 public=eip-3:47.0.0.3
create-nat-gateway ngw-1 vsw-2 10.0.1.20
create-instance i-3 vsw-3 10.0.2.10
create-instance i-4 vsw-3 10.0.2.11
allocate-eip eip-1 47.0.0.1
associate-eip eip-1 i-1
allocate-eip eip-2 47.0.0.2
associate-eip eip-2 ngw-1
create-snat-entry ngw-1 10.0.0.0/16 eip-2
create-route-entry vtb-2 0.0.0.0/0 ngw-1
create-route-entry vtb-2 172.16.0.0/12 vpn-1
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-1
create-route-table vtb-9 vpc-1 type=gateway
update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-1
associate-route-table-with-gateway vtb-9 ipv4gw-1`;

const INSPECTION = `create-vpc vpc-1 vtb-1 10.5.0.0/16
create-vswitch vsw-1 vpc-1 10.5.1.0/24
create-vswitch vsw-2 vpc-1 10.5.2.0/24
create-vswitch vsw-5 vpc-1 10.5.5.0/24
create-vswitch vsw-6 vpc-1 10.5.6.0/24
create-route-table vtb-2 vpc-1
create-route-table vtb-3 vpc-1
associate-route-table vtb-2 vsw-1
associate-route-table vtb-3 vsw-2
create-instance i-1 vsw-1 10.5.1.10 public=eip-1:47.4.0.1
create-instance i-2 vsw-2 10.5.2.10 public=eip-2:47.4.0.2
create-gwlb gwlb-1
register-appliance gwlb-1 app-1
register-appliance gwlb-1 app-2
create-gwlb-endpoint ep-5 vsw-5 gwlb-1
create-gwlb-endpoint ep-6 vsw-6 gwlb-1
create-route-entry vtb-2 0.0.0.0/0 ep-5
create-route-entry vtb-3 0.0.0.0/0 ep-6
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-1
create-route-table vtb-9 vpc-1 type=gateway
update-gateway-route-table-entry-attribute vtb-9 10.5.1.0/24 ep-5
update-gateway-route-table-entry-attribute vtb-9 10.5.2.0/24 ep-6
associate-route-table-with-gateway vtb-9 ipv4gw-1`;

const DIRECT = `create-vpc vpc-1 vtb-1 192.168.0.0/16
create-vswitch vsw-1 vpc-1 192.168.0.0/24
create-vswitch vsw-2 vpc-1 192.168.1.0/24
create-instance i-1 vsw-1 192.168.0.10 public=eip-1:47.74.0.1
create-instance i-2 vsw-2 192.168.1.10
create-instance i-3 vsw-1 192.168.0.11 public=eip-3:47.74.0.3
allocate-eip eip-2 47.74.0.2
associate-eip eip-2 i-2`;

/** As many vSwitches as a VPC can have, and 256 hosts. */
function large(): string[] {
  const lines = ["create-vpc vpc-1 vtb-1 10.0.0.0/16"];
  for (let n = 0; n < 8; n += 1) lines.push(`create-route-table vtb-${n + 2} vpc-1`);
  for (let n = 0; n < 150; n += 1) {
    lines.push(`create-vswitch vsw-${n + 1} vpc-1 10.0.${n}.0/24`);
    if (n % 9 !== 0) lines.push(`associate-route-table vtb-${n % 9 + 1} vsw-${n + 1}`);
  }
  for (let n = 0; n < 256; n += 1) {
    lines.push(`create-instance i-${n + 1} vsw-${n % 150 + 1} 10.0.${n % 150}.${10 + Math.floor(n / 150)}`);
    if (n % 2 === 0) lines.push(`allocate-eip eip-${n + 1} 47.0.${n >> 7}.${n & 127}`, `associate-eip eip-${n + 1} i-${n + 1}`);
  }
  lines.push("create-ipv4-gateway ipv4gw-1 vpc-1", "enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-2");
  for (let n = 0; n < 100; n += 1) lines.push(`create-route-entry vtb-3 20.${n}.0.0/16 peer-${n % 7 + 1}`);
  return lines;
}

export const designs: Readonly<Record<"basic" | "direct" | "inspection" | "large" | "empty", () => string[]>> = {
  basic: () => BASIC.split("\n"), direct: () => DIRECT.split("\n"), inspection: () => INSPECTION.split("\n"),
  large, empty: () => [],
};
