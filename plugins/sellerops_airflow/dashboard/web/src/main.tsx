import { Hub } from "./shell/Hub";

// Airflow takes the component from the global that the bundle is named after.
export default Hub;
