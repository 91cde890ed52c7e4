import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { askWorker } from './ask-worker.ts';
import { type Check, check, type Skipped, type Warning } from './check.ts';

export interface GpuPlace {
  readonly environment: NodeJS.ProcessEnv;
  /** `/`, or the folder that stands for it. */
  readonly root: string;
  /** Folder of onnxruntime's libraries; null: this installation does not include the worker. */
  readonly runtimeFolder: string | null;
}

export function gpuPlace(environment: NodeJS.ProcessEnv): GpuPlace {
  return { environment, root: '/', runtimeFolder: onnxruntimeFolder() };
}

function onnxruntimeFolder(): string | null {
  try {
    const found = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    return join(dirname(found), 'bin/napi-v6', process.platform, process.arch);
  } catch {
    return null;
  }
}

const installLibraries = 'run sh docker/cuda-libraries.sh FOLDER and copy its libraries (deploy/README.md, GPUs)';

/** Checks what running models on this machine's GPUs needs. What is missing is a warning, because statements still run on CPUs. */
export async function* checkGpu(place: GpuPlace): AsyncGenerator<Check> {
  const gpus = await askDriver(place);
  const driver = gpus[0]?.driver ?? (await driverVersion(place));
  const devices = gpus.length > 0 ? gpus.map(({ name }) => name) : await deviceFiles(place);
  const promised = place.environment.NVIDIA_VISIBLE_DEVICES ?? 'void';
  if (driver === null && devices.length === 0 && ['', 'void', 'none'].includes(promised)) {
    const skipped = 'this machine has no NVIDIA GPU; statements run on its CPUs (WITH gpu = 0)';
    return yield check('gpu', () => ({ skipped }));
  }
  const checks = [
    await check('gpu driver', () => checkDriver(driver, promised)),
    await check('gpu devices', () => checkDevices(devices, place.environment)),
    await check('cuda provider', () => checkProvider(place)),
    await check('cuda libraries', () => checkLibraries(place)),
  ];
  yield* checks;
  // Only where nothing is missing: the runtime's own words for that are less clear.
  if (checks.every(({ state }) => state === 'ok')) yield check('cuda', checkModelOnCuda);
}

interface Gpu {
  readonly name: string;
  readonly driver: string;
}

/** https://docs.nvidia.com/deploy/nvidia-smi/index.html. Empty without nvidia-smi, or if it fails. */
async function askDriver({ environment }: GpuPlace): Promise<readonly Gpu[]> {
  const query = ['--query-gpu=driver_version,memory.total,name', '--format=csv,noheader'];
  const output = await run('nvidia-smi', query, environment);
  const lines = output?.split('\n').filter((line) => line !== '') ?? [];
  return lines.flatMap((line) => {
    const [driver, memory, ...name] = line.split(', ');
    return driver && memory && name.length > 0 ? [{ driver, name: `${name.join(', ')} (${memory})` }] : [];
  });
}

/** The first line is `NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  …` */
async function driverVersion({ root }: GpuPlace): Promise<string | null> {
  const text = await readFile(join(root, 'proc/driver/nvidia/version'), 'utf8').catch(() => '');
  return text.split(/\s+/).find((word) => /^\d+\.[\d.]+$/.test(word)) ?? null;
}

async function deviceFiles({ root }: GpuPlace): Promise<readonly string[]> {
  const files = await readdir(join(root, 'dev')).catch(() => []);
  return files.filter((name) => /^nvidia\d+$/.test(name)).map((name) => `/dev/${name}`);
}

/** That of CUDA 13: https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/index.html */
const oldestDriver = 580;

function checkDriver(version: string | null, promised: string): string | Warning {
  if (version === null) {
    return {
      warning: `NVIDIA_VISIBLE_DEVICES is ${promised}, but there is no NVIDIA driver`,
      fix: "install the driver; start a container with NVIDIA's container toolkit: docker run --gpus all",
    };
  }
  if (Number(version.split('.')[0]) >= oldestDriver) return version;
  return {
    warning: `the NVIDIA driver is ${version}; CUDA 13 needs ${oldestDriver} or later`,
    fix: `update the driver to ${oldestDriver} or later`,
  };
}

function checkDevices(devices: readonly string[], environment: NodeJS.ProcessEnv): string | Warning {
  const { CUDA_VISIBLE_DEVICES: chosen, NVIDIA_VISIBLE_DEVICES: promised } = environment;
  if (devices.length === 0) {
    return {
      warning: `there is no GPU device${promised === undefined ? '' : ` (NVIDIA_VISIBLE_DEVICES is ${promised})`}`,
      fix: 'start the container with docker run --gpus all, or see what nvidia-smi says',
    };
  }
  if (chosen !== undefined && /^(-1|)$/.test(chosen.trim())) {
    return { warning: `CUDA_VISIBLE_DEVICES is '${chosen}', which hides all GPUs`, fix: 'unset CUDA_VISIBLE_DEVICES' };
  }
  const limits = chosen === undefined ? '' : `; CUDA_VISIBLE_DEVICES is ${chosen}`;
  return `${devices.length}: ${[...new Set(devices)].join(', ')}${limits}`;
}

const provider = 'libonnxruntime_providers_cuda.so';

function checkProvider({ runtimeFolder }: GpuPlace): string | Warning | Skipped {
  if (runtimeFolder === null) return { skipped: 'this installation does not include the worker' };
  if (existsSync(join(runtimeFolder, provider))) return provider;
  return { warning: `${provider} is missing`, fix: installLibraries };
}

/** cuDNN loads these by name when it is used, from its own folder or LD_LIBRARY_PATH. */
const cudnnParts = ['graph', 'ops', 'cnn', 'heuristic', 'engines_precompiled', 'engines_runtime_compiled'];

async function checkLibraries({ environment, runtimeFolder }: GpuPlace): Promise<string | Warning | Skipped> {
  const file = join(runtimeFolder ?? '', provider);
  if (runtimeFolder === null || !existsSync(file)) return { skipped: 'unknown without the provider' };
  const listed = await run('ldd', [file], environment);
  if (listed === null) return { skipped: 'ldd is missing or cannot read the provider' };
  const libraries = listed.split('\n').map((line) => line.trim().split(' => '));
  const absent = libraries.flatMap(([name, found]) => (found === 'not found' ? [name!] : []));
  const missing = [...new Set([...absent, ...missingCudnn(libraries, environment)])];
  if (missing.length === 0) return 'all found';
  const warning = `missing: ${missing.join(', ')}`;
  const ofDriver = missing.every((name) => name === 'libcuda.so.1');
  const forDriver =
    'libcuda.so.1 comes with the driver; in a container, set NVIDIA_DRIVER_CAPABILITIES=compute,utility';
  return { warning, fix: ofDriver ? forDriver : `name their folder in LD_LIBRARY_PATH, or ${installLibraries}` };
}

/** @param libraries names and places as ldd lists them: `libcudnn.so.9 => /folder/libcudnn.so.9 (0x…)` */
function missingCudnn(libraries: readonly (readonly string[])[], environment: NodeJS.ProcessEnv): readonly string[] {
  const place = libraries.find(([name]) => name === 'libcudnn.so.9')?.[1]?.split(' (')[0];
  if (place === undefined || !existsSync(place)) return [];
  const folders = [dirname(place), ...(environment.LD_LIBRARY_PATH?.split(':') ?? [])];
  const names = cudnnParts.map((part) => `libcudnn_${part}.so.9`);
  return names.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

/** Runs the demo's model, which is part of the project. */
async function checkModelOnCuda(): Promise<string | Warning | Skipped> {
  const model = fileURLToPath(new URL('../../../models/demo.onnx', import.meta.url));
  const answer = await askWorker<{ reason: string | null }>('check-provider.ts', model, 'cuda');
  if (answer === null) return { skipped: 'this installation does not include the worker' };
  if (answer.reason === null) return 'runs a model';
  return {
    warning: `a model does not run on CUDA: ${answer.reason ?? 'the process crashed or took longer than 60 s'}`,
    fix: 'see what nvidia-smi says; another process may use all memory of the GPU',
  };
}

/** @returns the standard output; null: the program is missing, fails or takes too long */
async function run(program: string, words: readonly string[], environment: NodeJS.ProcessEnv): Promise<string | null> {
  const env = { ...environment, LC_ALL: 'C' };
  return promisify(execFile)(program, words, { env, timeout: 20_000 }).then(
    ({ stdout }) => stdout,
    () => null,
  );
}
