import { describe, expect, it } from 'vitest';
import { mariadbPackages } from '../src/datasource/mariadb-programs.ts';
import { installCommand } from '../src/install-command.ts';

describe('installCommand', () => {
  it.each<[NodeJS.Platform, string, boolean, string]>([
    [
      'linux',
      'ID=debian\nVERSION_ID="12"',
      false,
      'run: sudo apt-get install -y mariadb-server-core mariadb-client-core',
    ],
    ['linux', 'ID=debian', true, 'run: apt-get install -y mariadb-server-core mariadb-client-core'],
    [
      'linux',
      'ID=linuxmint\nID_LIKE="ubuntu debian"',
      false,
      'run: sudo apt-get install -y mariadb-server-core mariadb-client-core',
    ],
    ['linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"', false, 'run: sudo dnf install -y mariadb-server'],
    ['linux', 'ID="opensuse-leap"', false, 'run: sudo zypper install -y mariadb'],
    ['linux', 'ID=arch', false, 'run: sudo pacman -S --noconfirm mariadb'],
    ['linux', 'ID=alpine', true, 'run: apk add mariadb'],
    ['darwin', '', false, 'run: brew install mariadb'],
    ['linux', '', false, "install MariaDB 10.11 or later from your system's packages"],
  ])('on %s with %j (root: %s): %s', (platform, release, root, command) => {
    expect(installCommand(mariadbPackages, platform, release, root)).toBe(command);
  });
});
