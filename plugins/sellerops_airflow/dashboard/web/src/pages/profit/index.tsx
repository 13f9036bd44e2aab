import { PageFrame } from "../../components";

const Profit = () => <PageFrame title="Profit" />;

export default Profit;
