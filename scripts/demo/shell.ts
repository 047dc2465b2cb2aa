import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import type { ControlPlane } from '../../test/control-plane/start.ts';

const JANUS = fileURLToPath(new URL('../../bin/janus', import.meta.url));

/** What a command said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs real commands against the demo's control plane, and shows them as a terminal would. */
export class Shell {
  readonly #controlPlane: ControlPlane;

  constructor(controlPlane: ControlPlane) {
    this.#controlPlane = controlPlane;
  }

  /** Shows and runs `kubectl …` or `janus …`; `input` is its standard input. */
  async show(line: string, input?: string): Promise<Said> {
    process.stdout.write(`  ${pc.green('$')} ${pc.bold(line)}\n`);
    if (input !== undefined) process.stdout.write(indent(pc.dim(input.trimEnd()), '    '));
    const said = await this.run(line, input);
    process.stdout.write(indent(said.out, '  '));
    process.stdout.write(indent(said.code === 0 ? pc.dim(said.err.trimEnd()) : pc.red(said.err.trimEnd()), '  '));
    return said;
  }

  /** As `show`, and ends the demo when the command fails. */
  async must(line: string, input?: string): Promise<string> {
    const said = await this.show(line, input);
    if (said.code !== 0) throw new Error(`"${line}" ended with ${String(said.code)}`);
    return said.out;
  }

  /** Runs without showing. @throws Error with what the command said */
  async quiet(line: string, input?: string): Promise<string> {
    const said = await this.run(line, input);
    if (said.code !== 0) throw new Error(`"${line}" ended with ${String(said.code)}: ${said.err}`);
    return said.out;
  }

  /** Resolves once what the command says contains `words`. */
  async until(line: string, words: string): Promise<void> {
    while (!(await this.quiet(line)).includes(words)) await setTimeout(100);
  }

  run(line: string, input?: string): Promise<Said> {
    const [command = '', ...words] = wordsOf(line);
    const [file, args] = command === 'janus' ? [process.execPath, [JANUS, ...words]] : [this.#controlPlane.kubectl, words];
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, { env: { ...process.env, KUBECONFIG: this.#controlPlane.kubeconfig } });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 1, out, err }));
      child.stdin.end(input ?? '');
    });
  }
}

/** A heading of the story. */
export function chapter(number: number, title: string): void {
  process.stdout.write(`\n${pc.bold(pc.cyan(`${String(number)}. ${title}`))}\n`);
}

/** A sentence of the story. */
export function tell(text: string): void {
  process.stdout.write(`   ${text}\n`);
}

/** Splits a command line as a shell does, for what the demo writes: words, '…' and "…". */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');
}

function indent(text: string, by: string): string {
  if (text === '') return '';
  return `${text.trimEnd().replace(/^/gm, by)}\n`;
}
