import { useLocation } from "react-router-dom";

import { ProductsTable } from "./ProductsTable";
import { Story } from "./Story";

/** All products, or one of them at products/<account>/<sku>. */
const Products = () => {
  const [account, sku] = useLocation().pathname.split("/plugin/hub/products/")[1]?.split("/").map(decodeURIComponent) ?? [];
  return account && sku ? <Story account={account} sku={sku} /> : <ProductsTable />;
};

export default Products;
