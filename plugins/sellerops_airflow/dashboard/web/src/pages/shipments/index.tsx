import { PageFrame } from "../../components";

const Shipments = () => <PageFrame title="Shipments" />;

export default Shipments;
