// node docker/keep-packages.ts NAME…: installs only the named packages of package.json, at their locked versions.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const kept = process.argv.slice(2);
const others = Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !kept.includes(name));
const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier'];
const { status } = spawnSync('npm', ['uninstall', ...options, ...others], { stdio: 'inherit' });
process.exitCode = status ?? 1;
