import { PageFrame } from "../../components";

const Settings = () => <PageFrame title="Settings" />;

export default Settings;
