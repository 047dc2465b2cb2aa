/** Deepest nesting that is followed. Real objects stay under 50 levels; a recursion of this depth is far from the end of the stack. */
export const MAX_DEPTH = 512;

/** An object or field set that cannot be worked with: nested too deep, or with a step of a kind that is not known. */
export class FieldsError extends Error {
  override readonly name = 'FieldsError';
}

/** One level deeper. Throws `FieldsError` where that is deeper than `MAX_DEPTH`. */
export function deeper(depth: number): number {
  if (depth >= MAX_DEPTH)
    throw new FieldsError(
      `The object or its field set is nested more than ${MAX_DEPTH} levels deep, which Janus does not follow. Flatten it.`,
    );
  return depth + 1;
}
