import { marketplacesOf, useHubContext } from "../api/context";

/** Names marketplaces as people do: `marketplaces.name("ATVPDKIKX0DER")` is "US"; the account where there are several. */
export const useMarketplaces = () => {
  const context = useHubContext().data;
  const codes = new Map((context ? marketplacesOf(context, []) : []).map((marketplace) => [marketplace.id, marketplace.code]));
  const several = (context?.accounts.length ?? 0) > 1;
  const name = (marketplace: string) => (marketplace ? (codes.get(marketplace) ?? marketplace) : "Whole account");
  return {
    name,
    /** "US · northwind_na", or "US" if there is only one account. */
    place: (account: string, marketplace: string) => (several ? `${name(marketplace)} · ${account}` : name(marketplace)),
  };
};
