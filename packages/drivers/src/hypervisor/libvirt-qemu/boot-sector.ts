/**
 * A boot sector that shows whether guest code runs at speed. It enters protected mode, writes `S` to the debug port
 * 0xe9, counts 50 million down, writes `R`, and ends QEMU through isa-debug-exit. Plain emulation needs 0.3 s for all of
 * it; a KVM that emulates guest kernels instruction by instruction writes `S` and was still counting after 20 s.
 *
 * As assembled by GNU as, org 0x7c00:
 *   cli; xorw %ax,%ax; movw %ax,%ds; lgdtl gdtr; movl %cr0,%eax; orb $1,%al; movl %eax,%cr0; ljmpl $8,$pm
 *   pm: movw $16,%ax; movw %ax,%ds; movb $'S',%al; outb %al,$0xe9; movl $50000000,%ecx
 *   1: decl %ecx; jnz 1b; movb $'R',%al; outb %al,$0xe9; xorl %eax,%eax; outb %al,$0xf4; 2: hlt; jmp 2b
 *   .balign 8; gdt: .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff; gdtr: .word 23; .long gdt
 */
const code =
  "fa31c08ed8660f0116507c0f20c00c010f22c066ea1b7c0000080066b810" +
  "008ed8b053e6e9b980f0fa024975fdb052e6e931c0e6f4f4ebfd00000000" +
  "00000000ffff0000009acf00ffff00000092cf001700387c0000";

/** SeaBIOS ignores a virtio disk that is too small to have a geometry. */
const diskBytes = 1024 * 1024;

export const started = "S";
export const ran = "R";

export function bootSectorDisk(): Buffer {
  const disk = Buffer.alloc(diskBytes);
  disk.write(code, "hex");
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}
