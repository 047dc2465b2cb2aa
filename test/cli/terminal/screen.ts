/** What a person sees after all of this was written to a terminal that wide: the few sequences that ours writes, and no others. */
export function screenOf(written: string, width = 80): readonly string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const put = (character: string): void => {
    if (column >= width) [row, column] = [row + 1, 0];
    (rows[row] ??= [])[column] = character;
    column += 1;
  };
  for (const [token, , count = '', command = ''] of written.matchAll(/(\u001b\[\??(\d*(?:;\d+)*)([A-Za-z]))|[^]/gu)) {
    if (command === 'A') row = Math.max(0, row - Number(count || '1'));
    else if (command === 'J') rows.splice(row, Infinity, (rows[row] ?? []).slice(0, column));
    else if (command === 'm' || command === 'h' || command === 'l') continue;
    else if (token === '\r') column = 0;
    else if (token === '\n') [row, column] = [row + 1, 0];
    else if (token.startsWith('\u001b')) throw new Error(`the screen does not know ${JSON.stringify(token)}`);
    else put(token);
    rows[row] ??= [];
  }
  const lines = rows.map((cells) =>
    Array.from(cells, (cell) => cell ?? ' ')
      .join('')
      .trimEnd(),
  );
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
