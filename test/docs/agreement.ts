/** What differs from run to run, and what stands for it. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/<uid>\.\d+\.(?:c-)?[0-9a-f]{8}\b/g, '<lock>'],
  [/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g, '<time>'],
  [/\b(?:\d+(?:ms|s|m|h|d))+\b/g, '<duration>'],
  [/\b\d+(?:\.\d+)? (?:ms|s|seconds?|min|minutes?|h|hours?)\b/g, '<duration>'],
  [/\b(resourceVersion|generation): "?\d+"?/g, '$1: <number>'],
];

/**
 * Whether a command printed what the page says: apart from times, uids and durations, and however lines are wrapped and columns are
 * filled. `…` in the page stands for anything.
 */
export function agrees(expected: string, printed: string): boolean {
  const pieces = levelled(expected).split('…');
  const pattern = pieces.map((piece) => piece.trim().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}$`, 's').test(levelled(printed));
}

function levelled(text: string): string {
  return VOLATILE.reduce((rest, [volatile, name]) => rest.replace(volatile, name), text)
    .replace(/\s+/g, ' ')
    .trim();
}
