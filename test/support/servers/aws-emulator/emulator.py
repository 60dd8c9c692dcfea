"""AWS on 127.0.0.1 for the rehearsal: ministack 1.5.33, with what it drops or does not know mended.

It reaches into private functions of that one release, so the version never floats (bin/servers/aws-emulator.ts).
Every mend answers what AWS answers; docs/rehearsal.md lists what is still not checked.
"""
import edge
import policies
import properties
import resource_types


def mend() -> None:
    """To be called once, before the first request."""
    resource_types.add()
    properties.mend()
    policies.mend()
    edge.mend()


if __name__ == "__main__":
    mend()
    from ministack.app import main

    main()
