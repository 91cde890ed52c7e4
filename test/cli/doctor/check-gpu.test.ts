import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Check } from '../../../src/cli/doctor/check.ts';
import { checkGpu } from '../../../src/cli/doctor/check-gpu.ts';

// A folder stands for the root of a machine with a GPU; scripts stand for nvidia-smi and ldd. CUDA itself is never loaded: the provider is
// an empty file.
let root: string;
let environment: Record<string, string>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-gpu-'));
  environment = { PATH: join(root, 'bin') };
});
afterEach(() => rm(root, { recursive: true }));

async function write(name: string, text = ''): Promise<void> {
  await mkdir(dirname(join(root, name)), { recursive: true });
  await writeFile(join(root, name), text);
}

async function program(name: string, output: string): Promise<void> {
  await write(`bin/${name}`, `#!/bin/sh\necho '${output}'\n`);
  await chmod(join(root, 'bin', name), 0o755);
}

async function machineWithGpu(): Promise<void> {
  await write(
    'proc/driver/nvidia/version',
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  Tue\nGCC version: 12\n',
  );
  await write('dev/nvidia0');
  await write('dev/nvidiactl');
  await write('runtime/libonnxruntime_providers_cuda.so');
  for (const part of ['graph', 'ops', 'cnn', 'heuristic', 'engines_precompiled', 'engines_runtime_compiled'])
    await write(`lib/libcudnn_${part}.so.9`);
  await write('lib/libcudnn.so.9');
  await program('ldd', libraries());
}

function libraries(...missing: readonly string[]): string {
  const found = ['libcuda.so.1', 'libcublas.so.13', 'libcudnn.so.9', 'libc.so.6'].filter(
    (name) => !missing.includes(name),
  );
  return [
    '\tlinux-vdso.so.1 (0x00007ffe)',
    ...found.map((name) => `\t${name} => ${join(root, 'lib', name)} (0x00007f)`),
    ...missing.map((name) => `\t${name} => not found`),
  ].join('\n');
}

async function everyCheck(runtimeFolder: string | null = join(root, 'runtime')): Promise<readonly Check[]> {
  const found: Check[] = [];
  for await (const each of checkGpu({ environment, root, runtimeFolder })) found.push(each);
  return found;
}

/** All but the one that runs a model on CUDA. */
async function checks(runtimeFolder?: string | null) {
  const others = (await everyCheck(runtimeFolder)).filter(({ name }) => name !== 'cuda');
  return others.map(({ name, state, detail, fix }) => [name, state, detail, ...(fix === null ? [] : [fix])]);
}

it('a machine without a GPU runs statements on its CPUs', async () => {
  const expected = [['gpu', 'skipped', 'this machine has no NVIDIA GPU; statements run on its CPUs (WITH gpu = 0)']];
  expect(await checks()).toEqual(expected);
  environment.NVIDIA_VISIBLE_DEVICES = 'void';
  expect(await checks()).toEqual(expected);
});

it('a machine with everything passes all checks', async () => {
  await machineWithGpu();
  expect(await checks()).toEqual([
    ['gpu driver', 'ok', '580.95.05'],
    ['gpu devices', 'ok', '1: /dev/nvidia0'],
    ['cuda provider', 'ok', 'libonnxruntime_providers_cuda.so'],
    ['cuda libraries', 'ok', 'all found'],
  ]);
  const last = (await everyCheck()).at(-1);
  expect(last).toMatchObject({
    name: 'cuda',
    state: 'warning',
    detail: expect.stringMatching(/^a model does not run on CUDA: /),
  });
  expect((await checks(null)).slice(2)).toEqual([
    ['cuda provider', 'skipped', 'this installation does not include the worker'],
    ['cuda libraries', 'skipped', 'unknown without the provider'],
  ]);
});

it("shows nvidia-smi's names of the GPUs, and which of them are chosen", async () => {
  await program('nvidia-smi', '580.159.04, 143771 MiB, NVIDIA H200\n580.159.04, 143771 MiB, NVIDIA H200');
  environment.CUDA_VISIBLE_DEVICES = '1';
  expect((await checks()).slice(0, 2)).toEqual([
    ['gpu driver', 'ok', '580.159.04'],
    ['gpu devices', 'ok', '2: NVIDIA H200 (143771 MiB); CUDA_VISIBLE_DEVICES is 1'],
  ]);
});

it.each(['', '-1'])('reports that CUDA_VISIBLE_DEVICES=%j hides all GPUs', async (chosen) => {
  await machineWithGpu();
  environment.CUDA_VISIBLE_DEVICES = chosen;
  expect((await checks())[1]).toEqual([
    'gpu devices',
    'warning',
    `CUDA_VISIBLE_DEVICES is '${chosen}', which hides all GPUs`,
    'unset CUDA_VISIBLE_DEVICES',
  ]);
});

it('reports a driver that is too old', async () => {
  await machineWithGpu();
  const version = 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build';
  await write('proc/driver/nvidia/version', version);
  expect((await checks())[0]).toEqual([
    'gpu driver',
    'warning',
    'the NVIDIA driver is 570.86.15; CUDA 13 needs 580 or later',
    'update the driver to 580 or later',
  ]);
});

it('reports a container that was promised GPUs and has no driver', async () => {
  environment.NVIDIA_VISIBLE_DEVICES = 'all';
  expect((await checks()).slice(0, 2)).toEqual([
    [
      'gpu driver',
      'warning',
      'NVIDIA_VISIBLE_DEVICES is all, but there is no NVIDIA driver',
      "install the driver; start a container with NVIDIA's container toolkit: docker run --gpus all",
    ],
    [
      'gpu devices',
      'warning',
      'there is no GPU device (NVIDIA_VISIBLE_DEVICES is all)',
      'start the container with docker run --gpus all, or see what nvidia-smi says',
    ],
  ]);
});

it('reports a missing provider', async () => {
  await machineWithGpu();
  await rm(join(root, 'runtime'), { recursive: true });
  expect((await checks()).slice(2)).toEqual([
    [
      'cuda provider',
      'warning',
      'libonnxruntime_providers_cuda.so is missing',
      'run sh docker/cuda-libraries.sh FOLDER and copy its libraries (deploy/README.md, GPUs)',
    ],
    ['cuda libraries', 'skipped', 'unknown without the provider'],
  ]);
});

it('names missing libraries', async () => {
  await machineWithGpu();
  await program('ldd', libraries('libcublas.so.13', 'libcuda.so.1'));
  expect((await checks())[3]).toEqual([
    'cuda libraries',
    'warning',
    'missing: libcublas.so.13, libcuda.so.1',
    'name their folder in LD_LIBRARY_PATH, or run sh docker/cuda-libraries.sh FOLDER and copy its libraries (deploy/README.md, GPUs)',
  ]);
  await program('ldd', libraries('libcuda.so.1'));
  expect((await checks())[3]).toEqual([
    'cuda libraries',
    'warning',
    'missing: libcuda.so.1',
    'libcuda.so.1 comes with the driver; in a container, set NVIDIA_DRIVER_CAPABILITIES=compute,utility',
  ]);
});

it('names the parts of cuDNN that are missing, unless LD_LIBRARY_PATH has them', async () => {
  await machineWithGpu();
  await rm(join(root, 'lib/libcudnn_cnn.so.9'));
  expect((await checks())[3]?.slice(0, 3)).toEqual(['cuda libraries', 'warning', 'missing: libcudnn_cnn.so.9']);
  await write('others/libcudnn_cnn.so.9');
  environment.LD_LIBRARY_PATH = join(root, 'others');
  expect((await checks())[3]).toEqual(['cuda libraries', 'ok', 'all found']);
});
