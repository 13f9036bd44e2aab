import { PageFrame } from "../../components";

const AuditLog = () => <PageFrame title="Audit log" />;

export default AuditLog;
