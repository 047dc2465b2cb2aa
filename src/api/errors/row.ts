/** Values that a message is made of. */
export type Parameters = Readonly<Record<string, string | number>>;

/** One kind of error. */
export interface ErrorRow<P extends Parameters> {
  /** HTTP status of the answer. */
  readonly status: number;
  /** `reason` of the `metav1.Status`. */
  readonly reason: string;
  /** What happened, to which object. */
  readonly message: (parameters: P) => string;
  /** What to do. */
  readonly next: (parameters: P) => string;
  /** Parameters as they may be, for the reference. */
  readonly example: P;
}

/** Types a row by its example. */
export function row<P extends Parameters>(definition: ErrorRow<P>): ErrorRow<P> {
  return definition;
}
