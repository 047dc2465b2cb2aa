const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * Rewrites what Go's flag libraries accept and commander does not, so that existing scripts run: `-n=shop` becomes `-n shop`,
 * `--force=true` becomes `--force`, and `--force=false` disappears. Everything after `--` stays as it is.
 *
 * @param switches long flags that take no value, for example `--force`.
 */
export function normalizeArgv(argv: readonly string[], switches: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  return [...flags.flatMap((argument) => normalize(argument, switches)), ...(end < 0 ? [] : argv.slice(end))];
}

function normalize(argument: string, switches: readonly string[]): readonly string[] {
  const equals = argument.indexOf('=');
  if (equals < 0) return [argument];
  const [flag, value] = [argument.slice(0, equals), argument.slice(equals + 1)];
  if (/^-[A-Za-z]$/.test(flag)) return [flag, value];
  if (!switches.includes(flag)) return [argument];
  if (TRUE.has(value)) return [flag];
  return FALSE.has(value) ? [] : [argument];
}
