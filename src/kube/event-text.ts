/** Bytes that the API server allows a message of an Event. */
const MESSAGE_MAX = 1_024;
const NAME_MAX = 253;

/** A few of the messages of a burst, and how many more there are, within the 1,024 bytes that an Event holds. */
export function eventMessage(messages: readonly string[], count: number): string {
  const [first = ''] = messages;
  if (messages.length <= 1) return cut(first);
  const shown: string[] = [];
  let bytes = 0;
  for (const message of messages) {
    bytes += Buffer.byteLength(message) + 2;
    if (bytes > MESSAGE_MAX - 64) break;
    shown.push(message);
  }
  const more = messages.length - shown.length;
  if (shown.length === 0) return cut(`${count}: ${first}`);
  return cut(`${count}: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
}

/** A unique name that says whom it is about, and is a DNS subdomain whatever the object is called (`system:node` is not one). */
export function eventName(regarding: string, unique: string): string {
  const labels = regarding
    .toLowerCase()
    .slice(0, NAME_MAX - unique.length - 1)
    .split('.')
    .map((label) => label.replace(/[^a-z0-9-]/g, '-').replace(/^-+|-+$/g, ''))
    .filter((label) => label !== '');
  return [...labels, unique].join('.');
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MESSAGE_MAX) return text;
  const ellipsis = '…';
  // A character cut in half at the end decodes to the replacement character.
  return `${bytes
    .subarray(0, MESSAGE_MAX - Buffer.byteLength(ellipsis))
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}${ellipsis}`;
}
