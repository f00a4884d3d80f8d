// All services of Bookinfo in one process, without a gateway. With Deno or Node 22.18 or newer: node examples/bookinfo/services/main.ts
import { startBookinfo } from "./start-bookinfo.ts";

const { services } = await startBookinfo();
for (const { name, port } of services) console.log(`${name} listens on http://127.0.0.1:${port}`);
