import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/engine/argo/workflows/load-templates.ts';
import { type Imports, importsOf, project } from './imports.ts';

const { optionalDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const ignored = readFileSync(join(project, '.dockerignore'), 'utf8').split('\n');

const images = ['worker', 'server', 'dataset'] as const;

describe.each(images)('docker/%s.Dockerfile', (name) => {
  const file = dockerfile(name);

  it('is built on the given base', () => {
    expect(file).toMatch(/^ARG BASE=node:24-slim$/m);
    const bases = [...file.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    const stages = [...file.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, stage]) => stage);
    expect(bases.filter((base) => base !== ['$', '{BASE}'].join('') && !stages.includes(base))).toEqual([]);
  });

  it('runs as a user without rights, and the command that Kubernetes gives', () => {
    const set = stagesOfLast(file).flatMap((stage) => stage.match(/^(USER|ENTRYPOINT) .*/gm) ?? []);
    expect(set).toEqual(['USER 1000:1000', 'ENTRYPOINT []']);
  });

  it('copies only what .dockerignore lets through', () => {
    const copied = copiesOf(file).filter((path) => !path.startsWith('package'));
    const allowed = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(copied.filter((path) => !allowed.some((kept) => path === kept || path.startsWith(`${kept}/`)))).toEqual([]);
  });

  it('omits the node that npm installs', () => {
    expect(keptBy(file).filter((name) => Object.hasOwn(optionalDependencies, name))).toEqual([]);
  });
});

describe('the worker', () => {
  const imports = importsOf('src/worker/main.ts');

  it('has all the packages that it imports and no other', () => {
    expect(keptBy(dockerfile('worker'))).toEqual([...imports.packages].sort());
  });

  it('has all the files that it imports', () => {
    expect(missing(imports, copiesOf(dockerfile('worker')))).toEqual([]);
  });

  it("has the CUDA provider of its runtime's version", () => {
    const requirements = readFileSync(join(project, 'docker/cuda-requirements.txt'), 'utf8');
    const [, provider] = /^onnxruntime-gpu==(\S+)/m.exec(requirements) ?? [];
    const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
    expect(provider).toBe(packages['node_modules/onnxruntime-node'].version);
  });

  it('is at the path where workflows start it', () => {
    const { worker, partitions, sqlStep } = loadTemplates();
    const commands = [worker, partitions, sqlStep].map(({ container }) => container.command);
    expect(commands).toEqual(Array(3).fill(['node', '/app/src/worker/main.ts']));
    expect(dockerfile('worker')).toMatch(/^CMD \["node", "\/app\/src\/worker\/main.ts"\]$/m);
  });
});

describe('the server', () => {
  const programs = ['src/cli/main.ts', 'src/worker/show-pictures.ts'].map(importsOf);

  it('has all the packages that its programs import and no other', () => {
    const packages = new Set(programs.flatMap((imports) => [...imports.packages]));
    expect(keptBy(dockerfile('server'))).toEqual([...packages].sort());
  });

  it('needs nothing that is omitted', () => {
    const [, omitted = ''] = /rm -r (src.*)$/m.exec(dockerfile('server')) ?? [];
    expect(omitted.split(' ').length).toBeGreaterThan(1);
    const files = programs.flatMap((imports) => [...imports.files]);
    const isOmitted = (file: string) => omitted.split(' ').some((each) => `${file}/`.startsWith(`${each}/`));
    expect(files.filter(isOmitted)).toEqual([]);
    expect([...programs[0]!.files].filter((file) => /^src\/(demo|worker)\//.test(file))).toEqual([]);
  });
});

describe('the image of datasets', () => {
  const [, pictures = ''] = dockerfile('dataset').split(/^FROM .*$/m);
  const programs = ['docker/dataset/main.ts', 'docker/demo/fill.ts'].map(importsOf);

  it('has all the packages that its programs import and no other', () => {
    const packages = new Set(programs.flatMap((imports) => [...imports.packages]));
    expect(keptBy(dockerfile('dataset'))).toEqual([...packages].sort());
  });

  it('needs nothing from the omitted folders', () => {
    const [, omitted = ''] = /rm -r (src.*)$/m.exec(dockerfile('dataset')) ?? [];
    expect(omitted.split(' ').length).toBeGreaterThan(1);
    const files = programs.flatMap((imports) => [...imports.files]);
    expect(files.filter((file) => omitted.split(' ').some((folder) => file.startsWith(`${folder}/`)))).toEqual([]);
  });

  it('draws its pictures with all the files that this needs', () => {
    expect(missing(importsOf('docker/demo/draw.ts'), copiesOf(pictures))).toEqual([]);
  });
});

describe('the trainer', () => {
  const file = dockerfile('trainer');

  it('is the worker with a Python environment, and runs as a user without rights', () => {
    expect(file).toMatch(/^ARG WORKER=millrace\/worker:/m);
    const bases = [...file.matchAll(/^FROM \$\{(\w+)\}/gm)].map(([, base]) => base);
    expect(bases).toEqual(['BASE', 'WORKER']);
    expect(file.match(/^(USER|ENTRYPOINT|CMD) .*/gm)?.at(-1)).toBe('USER 1000:1000');
  });

  it('copies only what .dockerignore lets through', () => {
    expect(copiesOf(file)).toEqual(['trainer/requirements.lock', 'trainer/millrace_trainer']);
    expect(ignored).toEqual(expect.arrayContaining(copiesOf(file).map((path) => `!${path}`)));
  });

  it('installs exactly the packages of the lock file', () => {
    expect(file).toContain('--require-hashes --no-deps --only-binary :all:');
    const lock = readFileSync(join(project, 'trainer/requirements.lock'), 'utf8');
    const packages = lock.match(/^[a-z].*==.*(?:\n {4}--hash=sha256:[0-9a-f]{64}.*)+/gm) ?? [];
    expect(packages.length).toBe(lock.match(/^\S/gm)?.length);
    expect(lock).not.toMatch(/:\/\/|^-/m);
  });

  it("checks models by the worker's version of onnxruntime", () => {
    const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
    for (const name of ['requirements.lock', 'requirements-test.lock', 'pyproject.toml']) {
      const [, version] = /onnxruntime==([\d.]+)/.exec(readFileSync(join(project, 'trainer', name), 'utf8')) ?? [];
      expect(version).toBe(packages['node_modules/onnxruntime-node'].version);
    }
  });
});

/** The last stage, which is built if none is named, after those that it is built on. */
function stagesOfLast(file: string): readonly string[] {
  const stages = file.split(/^(?=FROM )/m).slice(1);
  const before = (stage: string): readonly string[] => {
    const [, base] = stage.split(/\s/);
    const found = stages.find((each) => each.split('\n', 1)[0]?.endsWith(` AS ${base}`));
    return found === undefined ? [stage] : [...before(found), stage];
  };
  return before(stages.at(-1)!);
}

function dockerfile(name: string): string {
  return readFileSync(join(project, `docker/${name}.Dockerfile`), 'utf8').replaceAll(/\\\n\s*/g, '');
}

/** What docker/keep-packages.ts is given. */
function keptBy(file: string): readonly string[] {
  const [, names = ''] = /keep-packages\.ts ([@\w][^&\n]*?)\s*&/.exec(file) ?? [];
  return names.split(/\s+/).toSorted();
}

/** What COPY takes from the project. */
function copiesOf(file: string): readonly string[] {
  return [...file.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths]) => paths?.split(' ') ?? []);
}

function missing({ files }: Imports, copied: readonly string[]): readonly string[] {
  return [...files].filter((file) => !copied.some((path) => file === path || file.startsWith(`${path}/`)));
}
