import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../src/cli/program.ts';
import { RUN, unproven } from '../test/docs/page.ts';
import { pages } from '../test/docs/pages.ts';

/**
 * Fails where a document links to a file or heading that is not there, shows a janus command or flag that does not exist, or has a
 * command or manifest that no test runs, without a reason, or names a test that there is not.
 */
const program = createProgram('janus');
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const forReaders = new Set(pages());
const problems = documents.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  return [
    ...brokenLinks(file, text),
    ...unknownCommands(text),
    ...(forReaders.has(file) ? unprovenBlocks(text) : []),
    ...missingTests(text),
  ].map((problem) => `${file}: ${problem}`);
});

if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`${documents.length} documents\n`);
}

function unprovenBlocks(text: string): readonly string[] {
  return unproven(text).map(
    ({ line }) =>
      `line ${line}: nobody runs this: put "${RUN}" on the page (see CONTRIBUTING.md), or "<!-- not run: why -->" before the block`,
  );
}

/** Tests that a page names as proof, by file and title, and that are not there. */
function missingTests(text: string): readonly string[] {
  return [...text.matchAll(/^- `(test\/\S+\.test\.ts)`: (.+)$/gm)].flatMap(([, file = '', title = '']) => {
    if (!existsSync(file)) return [`names ${file}, and there is no such test`];
    return readFileSync(file, 'utf8').includes(title) ? [] : [`${file} has no test "${title}"`];
  });
}

function brokenLinks(file: string, text: string): readonly string[] {
  const prose = withoutCode(text);
  return [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return [];
    const [path = '', heading] = decodeURIComponent(link).split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(target)) return [`links to ${link}, and there is no such file`];
    if (heading === undefined || !target.endsWith('.md')) return [];
    return headingsOf(readFileSync(target, 'utf8')).has(heading) ? [] : [`links to ${link}, and ${target} has no such heading`];
  });
}

/** Anchors as GitHub makes them. */
function headingsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = [...withoutCode(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading = '']) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const repeated = seen.get(slug) ?? 0;
    seen.set(slug, repeated + 1);
    return repeated === 0 ? slug : `${slug}-${repeated}`;
  });
  return new Set(anchors);
}

function withoutCode(text: string): string {
  return text.replace(/^(```+|~~~+)[^]*?^\1\s*$/gm, '').replace(/`[^`\n]*`/g, '``');
}

/** Looks at the lines of shell code blocks that begin a command with `janus`. */
function unknownCommands(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```(?:sh|shell|bash|console)\n([^]*?)^```/gm)].map(([, code = '']) => code.replace(/\\\n\s*/g, ' '));
  const lines = blocks.flatMap((code) => code.split('\n'));
  return lines.flatMap((line) => {
    const [, words] = /(?:^|[$(|&;]\s*)(?:bin\/|npx )?janus((?:\s+[^|&;)<>#]+)?)/.exec(line) ?? [];
    return words === undefined
      ? []
      : unknownWords(
          words
            .trim()
            .split(/\s+/)
            .filter((word) => word !== ''),
          line,
        );
  });
}

function unknownWords(words: readonly string[], line: string): readonly string[] {
  let command: Command = program;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
  }
  const known = [...command.options, ...program.options].flatMap(({ long, short }) => [long, short]);
  const flags = words.filter((word) => /^--?[a-z]/i.test(word)).map((word) => word.replace(/=.*/, ''));
  const wrong = flags.filter((flag) => !known.includes(flag) && flag !== '--help' && flag !== '-h');
  const first = words[0];
  const unknown = command === program && first !== undefined && !first.startsWith('-') && first !== 'help';
  return [
    ...(unknown ? [`"${line.trim()}": there is no command ${first}`] : []),
    ...wrong.map((flag) => `"${line.trim()}": there is no flag ${flag}`),
  ];
}
