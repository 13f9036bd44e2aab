import { useLocation } from "react-router-dom";

import { Orders } from "./Orders";
import { SkuPage } from "./SkuPage";

/** The list of what to order; below it /<account>/<marketplace id>/<SKU>: one SKU. */
const Restock = () => {
  const { pathname } = useLocation();
  const [account, marketplace, sku] = (pathname.split("/plugin/hub/restock/")[1] ?? "").split("/").map(decodeURIComponent);
  if (account && marketplace && sku) return <SkuPage place={{ account_id: account, marketplace_id: marketplace, sku }} />;
  return <Orders />;
};

export default Restock;
