/** How a command can end; scripts may rely on the numbers. */
export const EXIT_CODES = [
  { name: 'done', code: 0, meaning: 'What was asked for is done.' },
  { name: 'error', code: 1, meaning: 'It is not done; the sentence on stderr says why, and what to do. Also: the Transaction has Failed.' },
  { name: 'usage', code: 2, meaning: 'The arguments make no sense together, or there is no such command or flag. Nothing was sent.' },
  { name: 'rolledBack', code: 3, meaning: 'The Transaction was rolled back, where something else was wanted of it.' },
  { name: 'locked', code: 4, meaning: 'A lock of another Transaction refused it.' },
  { name: 'timedOut', code: 5, meaning: 'What was waited for did not come in time. It may come yet: nothing was undone.' },
  { name: 'interrupted', code: 130, meaning: 'Ctrl-C. What the sentence says was not done was not done; a Transaction that runs goes on.' },
] as const;

export type ExitName = (typeof EXIT_CODES)[number]['name'];

/** The number for an end. */
export function exitCode(name: ExitName): number {
  return EXIT_CODES.find((row) => row.name === name)?.code ?? 1;
}

/** Commands of the Go original: scripts that know it expect 0 or 1 of them, and nothing else. */
export const TWO_CODES_ONLY: ReadonlySet<string> = new Set(['create', 'add', 'seal', 'recover']);
