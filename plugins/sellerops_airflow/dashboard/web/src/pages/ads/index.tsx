import { PageFrame } from "../../components";

const Ads = () => <PageFrame title="Ads" />;

export default Ads;
