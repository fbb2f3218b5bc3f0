// Where the gateway is offered, and where internal load balancers with a public address are restricted
// all the same (true). The core knows only the settings that follow from it.

export const regions: readonly (readonly [id: string, name: string, restricted: boolean])[] = [
  ["cn-hangzhou", "Hangzhou", false], ["cn-shanghai", "Shanghai", false], ["cn-nanjing", "Nanjing (local)", false],
  ["cn-qingdao", "Qingdao", false], ["cn-beijing", "Beijing", false], ["cn-zhangjiakou", "Zhangjiakou", false],
  ["cn-huhehaote", "Hohhot", true], ["cn-wulanchabu", "Ulanqab", false], ["cn-shenzhen", "Shenzhen", false],
  ["cn-heyuan", "Heyuan", false], ["cn-guangzhou", "Guangzhou", false], ["cn-chengdu", "Chengdu", false],
  ["cn-hongkong", "Hong Kong", false], ["cn-wuhan-lr", "Wuhan (local)", false], ["cn-fuzhou", "Fuzhou (local)", false],
  ["ap-northeast-1", "Tokyo", true], ["ap-northeast-2", "Seoul", false], ["ap-southeast-1", "Singapore", false],
  ["ap-southeast-3", "Kuala Lumpur", true], ["ap-southeast-5", "Jakarta", false], ["ap-southeast-6", "Manila", false],
  ["ap-southeast-7", "Bangkok", false], ["eu-central-1", "Frankfurt", false], ["eu-west-1", "London", true],
  ["us-west-1", "Silicon Valley", false], ["us-east-1", "Virginia", true], ["me-east-1", "Dubai", false],
  ["me-central-1", "Riyadh (partner)", true],
];

/** The line that sets a region's capabilities; one that is not listed has no gateway. */
export function settingsOf(id: string): string {
  const found = regions.find(([each]) => each === id);
  return found === undefined ? "region gateway=off" : `region gateway=on clb-restricted=${found[2] ? "on" : "off"}`;
}
