;Sliced by ideaMaker 4.3.2.6470, 2023-01-01 10:00:00 UTC+0800
;Print Time: 4
G1 X10 E1 F600
;PRINTING_TIME: 2
;REMAINING_TIME: 3
G1 X0 E1
G4 P1500
;PRINTING_TIME: 4
;REMAINING_TIME: 0
; PRINTING_TIME: 5
M73 P5
; Processed by klipper_estimator v3.7.3, detected slicer ideaMaker 4.3.2.6470
