// Made by build.mjs from the manual's tables: what to do about each error and drop, by name.
declare module "manual:remedies" {
  const remedies: Readonly<Record<string, string>>;
  export default remedies;
}
