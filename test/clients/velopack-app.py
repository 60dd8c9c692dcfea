"""An app that updates itself with Velopack's UpdateManager, and packages as `vpk pack` makes them.

    velopack-app.py pack FILE VERSION SIZE
    velopack-app.py update FOLDER VERSION URL [TOKEN]
"""

import json
import os
import sys
import zipfile

NUSPEC = """<?xml version="1.0" encoding="utf-8"?>
<package><metadata>
<id>App</id><title>App</title><version>{version}</version><authors>Releases</authors>
<description>An app</description><channel>linux</channel><mainExe>app</mainExe><os>linux</os>
</metadata></package>
"""


def pack(file, version, size):
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("App.nuspec", NUSPEC.format(version=version))
        package.writestr("lib/app/app", os.urandom(int(size)))


def update(folder, version, url, token=None):
    import velopack

    manifest = os.path.join(folder, "sq.version")
    with open(manifest, "w") as file:
        file.write(NUSPEC.format(version=version))
    packages = os.path.join(folder, "packages")
    locator = velopack.VelopackLocatorConfig(
        folder, os.path.join(folder, "update"), packages, manifest, folder, False
    )
    headers = [velopack.HttpHeader("Authorization", f"Bearer {token}")] if token else []
    source = velopack.HttpSource(url, velopack.HttpOptions(headers, 10_000))
    manager = velopack.UpdateManager(source, None, locator)
    found = manager.check_for_updates()
    manager.download_updates(found)
    print(
        json.dumps(
            {
                "version": found.TargetFullRelease.Version,
                "deltas": [delta.FileName for delta in found.DeltasToTarget],
                "packages": sorted(os.listdir(packages)),
            }
        )
    )


{"pack": pack, "update": update}[sys.argv[1]](*sys.argv[2:])
