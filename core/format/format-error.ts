/** A format string that can't be compiled. Thrown while a configuration is read, never on the data path. */
export class FormatError extends Error {
  /** Where in the text, in characters from its start. */
  readonly index: number;
  /** Envoy knows the operator, Isthmus does not (yet). */
  readonly unsupported: boolean;

  constructor(message: string, index: number, unsupported = false) {
    super(message);
    this.name = "FormatError";
    this.index = index;
    this.unsupported = unsupported;
  }
}
