import { PageFrame } from "../../components";

const DataHealth = () => <PageFrame title="Data health" />;

export default DataHealth;
