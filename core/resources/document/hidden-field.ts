/** Gives its argument back instead of a new object: private fields of a class that extends it are then put on that. */
const Given = function (value: object): object {
  return value;
} as unknown as new (value: object) => object;

/** A value that any object may have beside its members. */
export interface HiddenField<T> {
  get(object: object): T | undefined;
  set(object: object, value: T): void;
}

/**
 * A private field for objects that are not of our classes: nobody else sees it, copies don't have it, and it goes with its object. A WeakMap says the same,
 * but one of 100,000s of entries is moved as a whole when it grows (100 ms and more in which nothing else runs), and slows each collection of garbage.
 */
export function hiddenField<T>(): HiddenField<T> {
  return class Hidden extends Given {
    #value: T;

    constructor(object: object, value: T) {
      super(object);
      this.#value = value;
    }

    static get(object: object): T | undefined {
      return #value in object ? (object as Hidden).#value : undefined;
    }

    static set(object: object, value: T): void {
      if (#value in object) (object as Hidden).#value = value;
      else new Hidden(object, value);
    }
  };
}
