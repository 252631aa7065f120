import hashlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from inpaint_cli.errors import TrainingDataError
from training.data import cache_folder, fetch_cifar10

SERVED = b"an archive" * 1000


@pytest.fixture
def url(tmp_path):
    served = tmp_path / "served"
    served.write_bytes(SERVED)
    return served.as_uri()


def test_the_archive_gets_its_name_once_its_checksum_is_right(tmp_path, url):
    told = []
    file = fetch_cifar10(
        tmp_path / "cache",
        url=url,
        md5=hashlib.md5(SERVED).hexdigest(),
        progress=lambda done, total: told.append((done, total)),
    )
    assert file.read_bytes() == SERVED
    assert told[-1] == (len(SERVED), len(SERVED))
    assert [each.name for each in file.parent.iterdir()] == ["cifar-10-binary.tar.gz"]


def test_it_is_not_downloaded_twice(tmp_path, url):
    first = fetch_cifar10(tmp_path / "cache", url=url, md5=hashlib.md5(SERVED).hexdigest())
    assert fetch_cifar10(tmp_path / "cache", url="file:///nowhere") == first


def test_a_wrong_checksum_leaves_nothing_behind(tmp_path, url):
    with pytest.raises(TrainingDataError, match="came with md5"):
        fetch_cifar10(tmp_path / "cache", url=url)
    assert list((tmp_path / "cache").iterdir()) == []


def test_without_a_network_the_remedy_is_named(tmp_path):
    with pytest.raises(TrainingDataError, match="by hand and give it with --data"):
        fetch_cifar10(tmp_path / "cache", url=(tmp_path / "nothing").as_uri())


class _BreaksOff(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"1000\r\nonly a part")
        self.close_connection = True

    def log_message(self, *_):
        pass


def test_an_answer_that_breaks_off_is_told_and_leaves_nothing_behind(tmp_path):
    with HTTPServer(("127.0.0.1", 0), _BreaksOff) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(TrainingDataError, match="can't be downloaded"):
            fetch_cifar10(tmp_path / "cache", url=f"http://127.0.0.1:{server.server_port}/")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_cache_follows_the_desktop_standard(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "inpaint-cli"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder().parts[-2:] == (".cache", "inpaint-cli")
