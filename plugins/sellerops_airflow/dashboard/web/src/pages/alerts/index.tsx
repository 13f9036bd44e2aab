import { PageFrame } from "../../components";

const Alerts = () => <PageFrame title="Alerts" />;

export default Alerts;
