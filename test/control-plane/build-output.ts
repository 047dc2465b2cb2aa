/** What `go build -v` has printed so far, read as progress. */
export class BuildOutput {
  private readonly last: string[] = [];
  private rest = '';
  private packages = 0;
  private downloads = 0;

  add(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.trim() !== '')) {
      if (line.startsWith('go: downloading ')) this.downloads += 1;
      else if (!/\s/.test(line)) this.packages += 1;
      this.last.push(line);
      if (this.last.length > 20) this.last.shift();
    }
  }

  /** One line: what is going on now. */
  doing(): string {
    const current = this.last.at(-1);
    if (current === undefined) return 'nothing compiled so far';
    if (current.startsWith('go: downloading '))
      return `${this.downloads} modules downloaded, now ${current.slice('go: downloading '.length)}`;
    if (current === 'janus/control-plane') return `${this.packages} packages compiled, now linking`;
    return `${this.packages} packages compiled, now ${current}`;
  }

  /** The last lines that are no progress, for an error message. */
  tail(): string {
    const lines = [...this.last, this.rest].filter((line) => /\s/.test(line) && !line.startsWith('go: downloading '));
    return lines
      .slice(-8)
      .map((line) => `      ${line}`)
      .join('\n');
  }
}
