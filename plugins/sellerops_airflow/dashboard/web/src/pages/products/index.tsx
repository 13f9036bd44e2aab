import { PageFrame } from "../../components";

const Products = () => <PageFrame title="Products" />;

export default Products;
