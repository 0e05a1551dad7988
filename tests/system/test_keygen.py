"""assize keygen: two files and a line; what is there stays."""


def mode(path):
    return path.stat().st_mode & 0o777


def test_keygen(world):
    done = world.assize("keygen", "keys", "--name", "gpu-a", "--roles", "work")
    assert done.rc == 0, done
    secret, public = world.path("keys/gpu-a.secret"), world.path("keys/gpu-a.public")
    assert mode(world.path("keys")) == 0o700 and mode(secret) == 0o600
    name, key, roles = done.stdout.split()
    assert (name, len(key), roles) == ("gpu-a", 40, "work")
    assert public.read_text().splitlines()[-1] == f"public {key}"
    hidden = secret.read_text().splitlines()[-1].split()[1]
    assert len(hidden) == 40 and hidden not in done.stdout + done.stderr

    before = secret.read_text()
    again = world.assize("keygen", "keys", "--name", "gpu-a")
    assert again.rc == 74 and "gpu-a.secret" in again.stderr and not again.stdout, again
    assert secret.read_text() == before


def test_keygen_of_a_coordinator(world):
    done = world.assize("keygen", "keys", "--server")
    assert done.rc == 0 and not done.stdout, done
    assert world.path("keys/server.secret").exists() and world.path("keys/server.public").exists()


def test_keygen_usage(world):
    for args in ((), ("keys", "--name", "../x"), ("keys", "--roles", "reed"),
                 ("keys", "--server", "--roles", "work")):
        done = world.assize("keygen", *args)
        assert done.rc == 64, done
    assert "Did you mean 'read'?" in world.assize("keygen", "keys", "--roles", "reed").stderr
    assert world.assize("keygen", "no/such/folder").rc == 74
    assert not world.path("keys").exists()
