import type { Command, Option } from 'commander';

/** One word that may come next, and what it means. */
export interface Offer {
  readonly word: string;
  readonly meaning: string;
}

/** Names that only a cluster or a kubeconfig knows. `states`: of Transactions, those of which the command makes sense. */
export interface Wanted {
  readonly names: 'transactions' | 'namespaces' | 'contexts';
  readonly states?: readonly string[];
}

/** What may come next: words that are known here, and names to be looked up. */
export interface Offers {
  readonly known: readonly Offer[];
  readonly wanted?: Wanted;
  /** What is typed so far of the word, and what stands before it in the same word (`--output=`). */
  readonly typed: string;
  readonly before: string;
}

/** Values of flags that are known beforehand, by long flag. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

export interface OfferTables {
  readonly flags: KnownValues;
  /** By the name of an argument: `TXN`, `SHELL`. */
  readonly arguments: KnownValues;
  /** By the path of a command: of which Transactions it makes sense. Absent: of all. */
  readonly states: KnownValues;
}

const NAMES_OF_FLAGS: Readonly<Record<string, Wanted>> = {
  '--namespace': { names: 'namespaces' },
  '--target-ns': { names: 'namespaces' },
  '--system-namespace': { names: 'namespaces' },
  '--context': { names: 'contexts' },
};

/** What may come next after these words, of which the last is being typed. Pure: what is live is only named. */
export function offersFor(program: Command, words: readonly string[], tables: OfferTables): Offers {
  const line = readLine(program, words);
  if (line.pending !== undefined) return { ...valuesOf(line.pending, tables), typed: line.typed, before: line.before };
  const common = { typed: line.typed, before: '' };
  if (line.typed.startsWith('-') && !line.ended) return { ...common, known: flagsOf(program, line.command) };
  if (line.command.commands.length > 0) return { ...common, known: commandsOf(line.command) };
  return { ...common, ...argumentsOf(line, tables) };
}

interface Line {
  readonly command: Command;
  readonly path: string;
  /** Words that are no flags, after the command. */
  readonly given: readonly string[];
  /** The flag whose value is being typed. */
  readonly pending?: Option;
  readonly ended: boolean;
  readonly typed: string;
  readonly before: string;
}

function readLine(program: Command, words: readonly string[]): Line {
  let [command, ended] = [program, false];
  let pending: Option | undefined;
  const [path, given]: [string[], string[]] = [[], []];
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) {
      pending = undefined;
      continue;
    }
    if (!ended && word.startsWith('-')) {
      ended = word === '--';
      pending = valued(program, command, word);
      continue;
    }
    const next = given.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    command = next ?? command;
    (next === undefined ? given : path).push(word);
  }
  return withLast(
    program,
    { command, path: path.join(' '), given, ended, ...(pending === undefined ? {} : { pending }) },
    words.at(-1) ?? '',
  );
}

/** The word that is being typed: the value of a flag, `--flag=value` in one, or one of its own. */
function withLast(program: Command, line: Omit<Line, 'typed' | 'before'>, last: string): Line {
  const assigned = /^(--[^=]+)=(.*)$/.exec(last);
  const own = assigned === null || line.ended ? undefined : valued(program, line.command, assigned[1] ?? '');
  if (own !== undefined && assigned !== null) return { ...line, pending: own, typed: assigned[2] ?? '', before: `${assigned[1] ?? ''}=` };
  return { ...line, typed: last, before: '' };
}

/** The option if it takes a value. */
function valued(program: Command, command: Command, word: string): Option | undefined {
  const option = [...command.options, ...program.options].find(({ long, short }) => word === long || word === short);
  return option?.required === true || option?.optional === true ? option : undefined;
}

function valuesOf({ long = '' }: Option, { flags }: OfferTables): Pick<Offers, 'known' | 'wanted'> {
  const wanted = NAMES_OF_FLAGS[long];
  const known = (flags[long] ?? []).map((word) => ({ word, meaning: '' }));
  return { known, ...(wanted === undefined ? {} : { wanted }) };
}

function flagsOf(program: Command, command: Command): readonly Offer[] {
  const options =
    command === program ? program.options : [...command.options, ...program.options.filter(({ long }) => long !== '--version')];
  return [
    ...options.map(({ long, description }) => ({ word: long ?? '', meaning: description })),
    { word: '--help', meaning: 'print help' },
  ];
}

function commandsOf(command: Command): readonly Offer[] {
  return command.commands.map((one) => ({ word: one.name(), meaning: one.summary() }));
}

function argumentsOf({ command, given, path }: Line, tables: OfferTables): Pick<Offers, 'known' | 'wanted'> {
  const declared = command.registeredArguments;
  const argument = declared[given.length] ?? declared.findLast(({ variadic }) => variadic);
  if (argument === undefined) return { known: [] };
  const known = (tables.arguments[argument.name()] ?? []).filter((word) => !given.includes(word)).map((word) => ({ word, meaning: '' }));
  if (!argument.name().includes('TXN')) return { known };
  const states = tables.states[path];
  return { known, wanted: { names: 'transactions', ...(states === undefined ? {} : { states }) } };
}
