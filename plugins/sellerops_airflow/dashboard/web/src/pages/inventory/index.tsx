import { PageFrame } from "../../components";

const Inventory = () => <PageFrame title="Inventory" />;

export default Inventory;
