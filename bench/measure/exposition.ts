/** One series of a Prometheus text exposition with its value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The series of the metric `name` in a Prometheus text exposition (version 0.0.4). Lines of other metrics are skipped. */
export function seriesOf(exposition: string, name: string): Series[] {
  const found: Series[] = [];
  for (const line of exposition.split('\n')) {
    if (!line.startsWith(name)) continue;
    const rest = line.slice(name.length);
    if (rest.startsWith(' ')) found.push({ labels: {}, value: Number(rest.trim().split(' ')[0]) });
    if (rest.startsWith('{')) found.push(parse(rest));
  }
  return found;
}

/** What was added to each series between two readings; series that did not move are left out. */
export function increase(before: readonly Series[], after: readonly Series[]): Series[] {
  const earlier = new Map(before.map((series) => [keyOf(series), series.value]));
  return after
    .map((series) => ({ labels: series.labels, value: series.value - (earlier.get(keyOf(series)) ?? 0) }))
    .filter((series) => series.value !== 0);
}

/** The sum of all values. */
export function total(series: readonly Series[]): number {
  return series.reduce((sum, each) => sum + each.value, 0);
}

// A label value may hold any character, with \\, \" and \n escaped, so the line cannot be split at commas or braces.
function parse(text: string): Series {
  const labels: Record<string, string> = {};
  const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*,?\s*/y;
  label.lastIndex = 1;
  let end = 1;
  for (let match = label.exec(text); match !== null; match = label.exec(text)) {
    labels[match[1] ?? ''] = unescape(match[2] ?? '');
    end = label.lastIndex;
  }
  return {
    labels,
    value: Number(
      text
        .slice(end + 1)
        .trim()
        .split(' ')[0],
    ),
  };
}

function unescape(value: string): string {
  return value.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function keyOf(series: Series): string {
  return JSON.stringify(Object.entries(series.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
