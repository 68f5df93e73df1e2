import io
import zipfile

from connector.packaging import archive


def test_the_same_files_give_the_same_bytes_in_any_order():
    one = archive({"b/c.txt": b"2", "a.txt": b"1"})
    assert one == archive({"a.txt": b"1", "b/c.txt": b"2"})


def test_order_times_and_permissions_are_fixed():
    with zipfile.ZipFile(io.BytesIO(archive({"b.txt": b"2", "a.txt": b"1"}))) as opened:
        entries = opened.infolist()
        assert opened.testzip() is None
    assert [entry.filename for entry in entries] == ["a.txt", "b.txt"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
