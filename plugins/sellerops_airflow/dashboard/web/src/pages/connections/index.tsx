import { PageFrame } from "../../components";

const Connections = () => <PageFrame title="Connections" />;

export default Connections;
