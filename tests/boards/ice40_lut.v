// The iCE40's LUT as an expression, for techmap: a simulator then has no module for each content.
module SB_LUT4 (output O, input I0, I1, I2, I3);
  parameter [15:0] LUT_INIT = 0;
  \$lut #(.WIDTH(4), .LUT(LUT_INIT)) lut (.A({I3, I2, I1, I0}), .Y(O));
endmodule
