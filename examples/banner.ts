// A network filter of your own: greets each TCP client, and refuses those that send a word that is not to pass.
import { defineNetworkFilter, type NetworkFilter } from "isthmus/plugin";
import * as v from "valibot";

interface State {
  /** The end of what came before: a word may be cut in two. */
  tail: string;
}

export default defineNetworkFilter({
  id: "banner",
  status: "alpha",
  posture: "untrusted",
  config: v.strictObject({ text: v.string(), refuse: v.optional(v.pipe(v.string(), v.minLength(1))) }),
  create: ({ text, refuse }, { stats }): NetworkFilter<State> => {
    const greeting = new TextEncoder().encode(text);
    const refused = stats.counter("banner.refused");
    return {
      createState: () => ({ tail: "" }),
      onConnection(c) {
        c.write(greeting);
      },
      onData(c, chunk, _end, state) {
        if (refuse === undefined) return;
        const seen = state.tail + new TextDecoder("latin1").decode(chunk);
        state.tail = seen.slice(Math.max(0, seen.length - refuse.length + 1));
        if (!seen.includes(refuse)) return;
        refused.value++;
        return c.reset("refused_word");
      },
    };
  },
});
