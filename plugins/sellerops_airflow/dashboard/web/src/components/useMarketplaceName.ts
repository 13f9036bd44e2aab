import { useHubContext } from "../api/context";

/** How to call a marketplace of an account: its code, with the account where there are several. */
export const useMarketplaceName = () => {
  const accounts = useHubContext().data?.accounts ?? [];
  return (account: string, marketplace: string) => {
    const found = accounts.find(({ id }) => id === account)?.marketplaces.find(({ id }) => id === marketplace);
    const name = found?.code ?? (marketplace || "Whole account");
    return accounts.length > 1 ? `${name} · ${account}` : name;
  };
};
