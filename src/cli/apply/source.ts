/** A text with manifests in it, and what to call it in messages. */
export interface Source {
  readonly name: string;
  readonly text: string;
}
