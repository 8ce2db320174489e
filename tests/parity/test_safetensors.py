"""Which files are safetensors: the reference implementation and ours read the same ones, to the same tensors, and refuse the same ones."""
import random
import struct

import torch
from conftest import SEED
from safetensors import SafetensorError, safe_open


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(text)) + text + data


def fields(dtype="U8", shape="[1]", offsets="[0,1]"):
    return f'"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}'


def one(*arguments, more=""):
    return '{"a":{' + fields(*arguments) + more + "}}"


def two(first, second):
    return '{"a":{' + fields(*first) + '},"b":{' + fields(*second) + "}}"


def with_metadata(metadata):
    return '{"__metadata__":' + metadata + "," + one()[1:]


DTYPES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1, "C64": 8,
          "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1, "C128": 16, "F31": 4, "u8": 1}

CASES = {f"dtype {name}": file_of(one(name, "[2]", f"[0,{2 * size}]"), b"\1" * 2 * size) for name, size in DTYPES.items()} | {
    "F4": file_of(one("F4", "[3,2]", "[0,3]"), b"\x12\x34\x56"),
    "F4 with an odd last side": file_of(one("F4", "[2,3]", "[0,3]"), b"\x12\x34\x56"),
    "F4 with half a byte": file_of(one("F4", "[3]", "[0,2]"), b"\1\2"),
    "F6, which PyTorch does not have": file_of(one("F6_E2M3", "[4]", "[0,3]"), b"123"),
    "other truths": file_of(one("BOOL", "[3]", "[0,3]"), b"\0\2\1"),
    "dtype of a number": file_of('{"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}}', b"1"),
    "dtype of null": file_of('{"a":{"dtype":null,"shape":[1],"data_offsets":[0,1]}}', b"1"),
    "metadata": file_of(with_metadata('{"format":"pt"}'), b"1"),
    "metadata null": file_of(with_metadata("null"), b"1"),
    "metadata empty": file_of(with_metadata("{}"), b"1"),
    "metadata at the end": file_of(one()[:-1] + ',"__metadata__":{"a":"b"}}', b"1"),
    "metadata with a number": file_of(with_metadata('{"x":1}'), b"1"),
    "metadata with null": file_of(with_metadata('{"x":null}'), b"1"),
    "metadata of a list": file_of(with_metadata("[]"), b"1"),
    "metadata of a number": file_of(with_metadata("1"), b"1"),
    "metadata twice": file_of(with_metadata('{},"__metadata__":{}'), b"1"),
    "metadata null and twice": file_of(with_metadata('null,"__metadata__":{}'), b"1"),
    "metadata with a key twice": file_of(with_metadata('{"x":"1","x":"2"}'), b"1"),
    "no tensors": file_of("{}"),
    "no tensors and data": file_of("{}", b"1"),
    "space before": file_of(" \n" + one(), b"1"),
    "space behind": file_of(one() + " \r\n\t", b"1"),
    "zero behind": file_of(one() + "\0", b"1"),
    "zeros behind": file_of(one() + "\0" * 5, b"1"),
    "a letter behind": file_of(one() + "x", b"1"),
    "a byte-order mark": file_of("\ufeff" + one(), b"1"),
    "a field nobody knows": file_of(one(more=',"x":0'), b"1"),
    "fields with fields": file_of(one(more=',"x":{"y":[1,{"z":[]}],"dtype":[]},"y":"z"'), b"1"),
    "a field nobody knows twice": file_of(one(more=',"x":0,"x":{"a":0,"a":1}'), b"1"),
    "125 deep": file_of(one(more=',"x":' + "[" * 125 + "]" * 125), b"1"),
    "126 deep": file_of(one(more=',"x":' + "[" * 126 + "]" * 126), b"1"),
    "a field with a long list": file_of(one(more=',"x":[' + "1," * 5000 + "1]"), b"1"),
    "a field with a number too large": file_of(one(more=',"x":1e999'), b"1"),
    "a field with an integer too large": file_of(one(more=',"x":123456789012345678901234567890'), b"1"),
    "a field with NaN": file_of(one(more=',"x":NaN'), b"1"),
    "a field that is not UTF-8": file_of(one().encode()[:-2] + b',"x":"\xff"}}', b"1"),
    "a field with half a surrogate": file_of(one(more=',"x":"\\ud800"'), b"1"),
    "dtype twice": file_of(one(more=',"dtype":"U8"'), b"1"),
    "shape twice": file_of(one(more=',"shape":[1]'), b"1"),
    "shape and a field in it": file_of(one("U8", '[{"x":1}]'), b"1"),
    "a tensor twice": file_of('{"a":{' + fields() + '},"a":{' + fields("I8") + "}}", b"\xff"),
    "a tensor twice, the first too short": file_of('{"a":{' + fields("U8", "[2]", "[0,2]") + '},"a":{' + fields() + "}}", b"1"),
    "no name": file_of('{"":{' + fields() + "}}", b"1"),
    "a name with escapes": file_of('{"\\u0061\\ud83d\\ude00":{' + fields() + "}}", b"1"),
    "a name of half a surrogate": file_of('{"\\ud83d":{' + fields() + "}}", b"1"),
    "a name with a control character": file_of('{"a\x01":{' + fields() + "}}", b"1"),
    "null for a tensor": file_of('{"a":null}'),
    "a number for a tensor": file_of('{"a":1}'),
    "a short list for a tensor": file_of('{"a":["U8"]}', b"1"),
    "a negative side": file_of(one("U8", "[-1]"), b"1"),
    "a negative zero": file_of(one("U8", "[-0]", "[0,0]")),
    "a side with a point": file_of(one("U8", "[1.0]"), b"1"),
    "a side with an exponent": file_of(one("U8", "[1e0]"), b"1"),
    "a side of 2^63": file_of(one("U8", "[9223372036854775808]", "[0,0]")),
    "a side of 2^64": file_of(one("U8", "[18446744073709551616]", "[0,0]")),
    "no numbers in 2^62": file_of(one("U8", "[0,4294967296,1073741824]", "[0,0]")),
    "too many numbers, and then none": file_of(one("U8", "[4294967296,4294967296,0]", "[0,0]")),
    "too many numbers": file_of(one("U8", "[4294967296,4294967296]", "[0,0]")),
    "shape null": file_of(one("U8", "null"), b"1"),
    "shape with a string": file_of(one("U8", '["1"]'), b"1"),
    "shape missing": file_of('{"a":{"dtype":"U8","data_offsets":[0,1]}}', b"1"),
    "64 sides": file_of(one("U8", "[" + ",".join(["1"] * 64) + "]"), b"1"),
    "200 sides": file_of(one("U8", "[" + ",".join(["1"] * 200) + "]"), b"1"),
    "one offset": file_of(one("U8", "[1]", "[0]"), b"1"),
    "three offsets": file_of(one("U8", "[1]", "[0,1,1]"), b"1"),
    "offsets the wrong way": file_of(one("U8", "[1]", "[1,0]"), b"1"),
    "offsets too far": file_of(one("U8", "[1]", "[0,2]"), b"12"),
    "offsets in an object": file_of(one("U8", "[1]", '{"0":0,"1":1}'), b"1"),
    "a scalar": file_of(one("F32", "[]", "[0,4]"), b"1234"),
    "numbers that are not aligned": file_of(two(("U8", "[1]", "[0,1]"), ("F32", "[1]", "[1,5]")) + " ", b"12345"),
    "data before": file_of(one("U8", "[1]", "[1,2]"), b"12"),
    "data behind": file_of(one(), b"123"),
    "data cut off": file_of(one("U8", "[5]", "[0,5]"), b"123"),
    "overlapping": file_of(two(("U8", "[2]", "[0,2]"), ("U8", "[2]", "[1,3]")), b"123"),
    "at the same place": file_of(two(("U8", "[2]", "[0,2]"), ("U8", "[2]", "[0,2]")), b"12"),
    "a hole": file_of(two(("U8", "[2]", "[0,2]"), ("U8", "[2]", "[3,5]")), b"12345"),
    "the second first": file_of(two(("U8", "[2]", "[2,4]"), ("U8", "[2]", "[0,2]")), b"1234"),
    "nothing at the end": file_of(two(("U8", "[2]", "[0,2]"), ("U8", "[0]", "[2,2]")), b"12"),
    "nothing at the start": file_of(two(("U8", "[2]", "[0,2]"), ("U8", "[0]", "[0,0]")), b"12"),
    "nothing inside": file_of(two(("U8", "[2]", "[0,2]"), ("U8", "[0]", "[1,1]")), b"12"),
    "nothing beyond": file_of(two(("U8", "[2]", "[0,2]"), ("U8", "[0]", "[3,3]")), b"12"),
    "no bytes": b"",
    "seven bytes": b"1234567",
    "a length alone": struct.pack("<Q", 0),
    "a length too long": struct.pack("<Q", 3) + b"{}",
    "a length beyond the limit": struct.pack("<Q", 100_000_001) + b"{}",
    "the largest length": b"\xff" * 8,
    "a list": file_of("[]"),
    "a string": file_of('"a"'),
    "a comment": file_of("{/**/}"),
    "a comma too many": file_of(one()[:-1] + ",}", b"1"),
}

# The reference implementation reads these, which the format does not have: its library for JSON takes a list for an object and an
# object for a name. We do not.
ACCIDENTS = {
    "a list for a tensor": file_of('{"a":["U8",[1],[0,1]]}', b"1"),
    "an object for a dtype": file_of('{"a":{"dtype":{"U8":null},"shape":[1],"data_offsets":[0,1]}}', b"1"),
}


def reference(path):
    """The tensors of the file, or None where it is refused, as a whole or when a tensor is asked for."""
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, TypeError):
        return None


def ours_and_theirs(probe, folder, files):
    """Of each file the tensors that we read and those that the reference reads; None where it is refused."""
    folder.mkdir()
    names = {name: f"{index:04}" for index, name in enumerate(files)}
    for name, content in files.items():
        (folder / names[name]).write_bytes(content)
    read = probe("read_files", files=[str(folder / name) for name in names.values()])
    for name, number in names.items():
        start = number + "."
        ours = {key.removeprefix(start): tensor for key, tensor in read.items() if key.startswith(start)} if read[number] else None
        yield name, ours, reference(folder / number)


def assert_same(name, ours, theirs):
    assert (ours is None) == (theirs is None), f"{name}: we {'refuse' if ours is None else 'read'} what the reference does not"
    for tensor in theirs or {}:
        assert ours.keys() == theirs.keys(), name
        assert ours[tensor].dtype == theirs[tensor].dtype and ours[tensor].shape == theirs[tensor].shape, (name, tensor)
        a, b = (t[tensor].reshape(-1).view(torch.uint8) if t[tensor].dtype != torch.bool else t[tensor] != False for t in (ours, theirs))  # noqa: E712
        assert torch.equal(a, b), (name, tensor)


def test_the_same_files_are_read(probe, tmp_path):
    for name, ours, theirs in ours_and_theirs(probe, tmp_path / "files", CASES):
        assert_same(name, ours, theirs)


def test_what_the_format_does_not_have_is_refused(probe, tmp_path):
    for name, ours, theirs in ours_and_theirs(probe, tmp_path / "files", ACCIDENTS):
        assert ours is None and theirs is not None, name


def test_changed_files_are_read_by_both_or_none(probe, tmp_path):
    """Files with a few bytes of their header replaced, left out or repeated; much of the header is free text."""
    draw = random.Random(SEED)
    whole = with_metadata('{"x":"' + "aeiou " * 30 + '"}')[:-2] + ',"x":[{"y":1.5},' + "null,[]," * 20 + '1]},"b":{'
    whole += fields("F32", "[2,0]", "[1,1]") + '},"c":{' + fields("U16", "[]", "[1,3]") + "}}"
    files = {}
    for index in range(400):
        header = bytearray(whole.encode())
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(header))
            change = draw.randrange(3)
            if change == 0:
                header[at] = draw.choice(b'0129-.,:"[]{}ae \\')
            elif change == 1:
                del header[at:at + draw.randint(1, 4)]
            else:
                header[at:at] = header[at:at + draw.randint(1, 4)]
        files[f"{index}: {bytes(header)!r}"] = file_of(bytes(header), b"\1\2\3")
    read = 0
    for name, ours, theirs in ours_and_theirs(probe, tmp_path / "files", files):
        assert_same(name, ours, theirs)
        read += ours is not None
    assert 10 < read < 390, "the changes must be of both kinds"
