import { PageFrame } from "../../components";

const Overview = () => <PageFrame title="Overview" />;

export default Overview;
