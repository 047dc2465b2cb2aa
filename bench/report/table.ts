/**
 * Rows as text in columns as wide as their widest cell. The first row is the head, underlined; columns of numbers are
 * set right. Rows that are too short are filled up. Returns '' for no rows.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  if (columns === 0) return '';
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const numeric = widths.map((_, column) => rows.slice(1).every((row) => looksNumeric(row[column] ?? '')));
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) => (numeric[column] === true ? (row[column] ?? '').padStart(width) : (row[column] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}

// An empty cell and a dash say that there is no number, and do not make a column one of words.
function looksNumeric(cell: string): boolean {
  return cell === '' || /^[-–]$|^[\d.]/.test(cell);
}
