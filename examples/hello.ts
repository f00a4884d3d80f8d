// A filter of your own: adds a header to each response. Run it with: isthmus gateway examples/hello.yaml
import { defineFilter } from "isthmus/plugin";
import * as v from "valibot";

export default defineFilter({
  id: "hello",
  status: "alpha",
  posture: "untrusted",
  config: v.strictObject({ greeting: v.string() }),
  create: (config) => ({
    onResponseHeaders(_stream, headers) {
      headers.set("x-hello", config.greeting);
    },
  }),
});
