// hlsc_sequencer.v -- the machine that runs the program of a module made by hlsc --sequencer (seq.h has the instructions):
// a 16-bit accumulator A with its carry C, an index X, one memory. An instruction takes a cycle to read its word of memory
// and one to work on it; a shift takes one more for each place beyond the first, a port as long as it is not ready.
`default_nettype none

module hlsc_sequencer #(
  parameter K = 8 // bits of an operand
) (
  input  wire         clk,
  input  wire         rst_n,
  output wire         fetch,       // the next instruction is the one at `address`
  output wire [K-1:0] address,
  input  wire [K+4:0] instruction, // five bits of operation above the operand
  output reg  [15:0]  a,
  output wire         port_in,     // an instruction waits for the port of this number
  output wire         port_out,
  output wire [K-4:0] port,
  input  wire         port_ready,
  input  wire [15:0]  port_word,
  // the memory, which the module keeps
  output wire         read,
  output wire         write,
  output wire [K-1:0] memory_address,
  input  wire [15:0]  memory_word
);
  localparam [2:0] LD = 0, AND = 1, OR = 2, XOR = 3; // and sums above
  localparam [2:0] ST = 0, STX = 1, JMP = 2, JZ = 3, JNZ = 4, JC = 5, JNC = 6, DO = 7;
  localparam [2:0] SHL = 0, SHR = 1, SAR = 2, INDEX = 3, CARRY = 4, NOT = 5, IN = 6, OUT = 7;

  reg         works;  // on the word that the cycle before has read
  reg         c;
  reg [K-1:0] x, at;  // the index; where the instruction stands
  reg [3:0]   places; // of a shift, still to come

  wire [K-1:0] operand = instruction[K-1:0];
  wire [2:0]   code = instruction[K+2:K];
  wire         other = &instruction[K+4:K+3];
  wire         is_number = instruction[K+3] & ~other, is_indexed = instruction[K+4] & (~other | code == STX);
  wire         acts = other & code == DO;
  wire [2:0]   action = operand[2:0];
  wire         shifts = acts & (action == SHL | action == SHR | action == SAR);

  assign port_in = works & acts & action == IN;
  assign port_out = works & acts & action == OUT;
  assign port = operand[K-1:3];
  wire done = works & ~(shifts & places != 4'd1) & (port_ready | ~(acts & action[2:1] == 2'd3));

  // where the program goes on
  wire zero = a == 16'd0;
  reg jumps;
  always @*
    case (code)
      JMP: jumps = other;
      JZ: jumps = other & zero;
      JNZ: jumps = other & ~zero;
      JC: jumps = other & c;
      JNC: jumps = other & ~c;
      default: jumps = 1'b0;
    endcase
  assign fetch = done | ~rst_n;
  assign address = ~rst_n ? {K{1'b0}} : jumps ? operand : at + {{(K-1){1'b0}}, 1'b1};

  // memory: indexed, the operand is a multiple of what the index can be
  assign memory_address = operand | (is_indexed ? x : {K{1'b0}});
  assign read = ~works;
  assign write = works & other & (code == ST | code == STX);

  // sums and logic
  wire [15:0] number;
  generate
    if (K >= 16) begin : wide
      assign number = operand[15:0];
    end else begin : narrow
      assign number = {{(16-K){1'b0}}, operand};
    end
  endgenerate
  wire [15:0] b = is_number ? number : memory_word;
  wire        differs = code[1]; // of sums: SUB and SBC
  wire [16:0] sum = {1'b0, a} + {1'b0, b ^ {16{differs}}} + {16'd0, code[0] ? c : differs};
  reg [15:0] next_a;
  always @*
    if (acts)
      case (action)
        SHL: next_a = {a[14:0], 1'b0};
        SHR: next_a = {1'b0, a[15:1]};
        SAR: next_a = {a[15], a[15:1]};
        CARRY: next_a = {15'd0, c};
        NOT: next_a = {15'd0, zero};
        IN: next_a = port_word;
        default: next_a = a;
      endcase
    else
      case (code)
        LD: next_a = b;
        AND: next_a = a & b;
        OR: next_a = a | b;
        XOR: next_a = a ^ b;
        default: next_a = sum[15:0];
      endcase

  always @(posedge clk) begin
    works <= rst_n & ~works | works & ~done & rst_n;
    if (fetch) at <= address;
    if (works & (acts | ~other)) a <= next_a;
    if (works & ~other & code[2]) c <= sum[16];
    if (works & acts & action == INDEX) x <= a[K-1:0];
    places <= works ? places - 4'd1 : operand[6:3];
  end
endmodule

`default_nettype wire
