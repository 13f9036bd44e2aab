import { PageFrame } from "../../components";

const Restock = () => <PageFrame title="Restock" />;

export default Restock;
